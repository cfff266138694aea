"""Words that are no names of persons, though they stand where a name may stand; and what Chinese names begin with.

Used by `mask.py`: a file name that a capture chose freely keeps what is known here, and loses the rest.
"""

from __future__ import annotations

import re

from netaudit.text.patterns import later

_FAMILY = """
丁万严于亓仉付任何佘余佟侯倪冉冯凌刘卞卢卫史叶向吕吴周唐夏姚姜孔孙孟宋宓尤尹岑崔嵇巫庞廖张彭徐戴方晏曹曾朱李杜杨林柏
柯柴栾梁楚樊欧武段殷毛江汤汪汲沈游滕潘焦熊牛王甘田白瞿石祁秦程窦章管糜缪罗翟聂肖胡臧芮苏苗范莫葛董蒋蒯蓝蔡蔺薛虞袁裴
褚覃詹许谢谭谷贺贾赵辛逄逯邓邝邢邬邰邱邴邵邸邹郇郏郑郗郜郝郭鄢鄯金钟钱闫闵阎阚阮陆陈陶隗隽雷霍靳鞠韦韩顾饶马骆高魏麴
黄黎龙龚
"""
FAMILY = frozenset(_FAMILY) - {"\n"}
"""Family names of one character. In running text two to four characters that begin so are taken for a name."""

_COMPOUND = """
万俟 上官 东方 令狐 仲孙 公冶 公孙 公羊 南宫 叶赫 司徒 司空 司马 呼延 夏侯 太叔 宇文 完颜 宗政 尉迟 左丘 慕容 拓跋
欧阳 澹台 濮阳 独孤 申屠 百里 皇甫 端木 第五 纳兰 西门 诸葛 赫连 轩辕 钟离 长孙 闻人 闾丘 鲜于
"""
COMPOUND = frozenset(_COMPOUND.split())
"""Family names of two characters."""

_CHINESE = """
身份证 身份证号 身份 证件 证件照 证件号 护照 驾驶证 行驶证 户口本 结婚证 房产证 营业执照 银行卡 社保卡 合同 协议 附件
资料 材料 文件 文档 表格 报告 截图 扫描件 扫描 复印件 正面 反面 背面 正反面 国徽面 人像面 人像 头像 照片 相片 相册
图片 图像 影像 视频 录像 抓拍 抓图 人脸 人脸照片 人脸图片 证件照片 人脸照 人脸图 全景 全景图 大图 小图 背景 背景图
特征 特征图 底图 底库 比对 识别 认证 核验 验证 签名 签字 手写 上传 下载 采集 录入 登记 导入 导出 注册 新增 更新 删除
查询 测试 临时 默认 未命名 新建 副本 备份 客户 顾客 访客 来访 来访者 业主 员工 职员 用户 会员 人员 名单 黑名单 白名单
陌生人 置业 置业顾问 顾问 经理 中介 渠道 带看 到访 认购 成交 签约 先生 女士 小姐 姓名 名称 手机 手机号 电话 号码 编号
地址 性别 年龄 出生 民族 日期 时间 年 月 日 时 分 秒 号 楼 栋 单元 室 层 第 个 的 和 与 及 之 售楼处 售楼部 案场 沙盘
沙盘区 门口 大门 入口 出口 前台 大厅 洽谈区 样板间 停车场 车牌 车辆 车库 电梯 走廊 办公室 会议室 监控 摄像头 摄像机
相机 设备 终端 闸机 门禁 考勤 考勤机 一体机 录像机 硬盘 网络 通道 球机 枪机 半球 高清 红外 夜间 白天 男 女 左 右 上 下
前 后 东 南 西 北 中 区 厅 路 街 市 省 县
"""
CHINESE_WORDS = frozenset(_CHINESE.split())
LONGEST_WORD = max(map(len, CHINESE_WORDS))

_ASCII = """
anjuke beijing buyer chengdu chongqing connect dalian dianhua dizhi dongguan dongle douyin fuzhou guangdong guangzhou
hainan hangzhou hebei hefei henan hue huidian human hunan jiangsu jinan jingli kehu lucu made maker male media meituan
meizu mijia minzu miui moto nanjing ningbo oui panke qingdao renderer renlian rom shandong shanghai shanxi shenfen
shenfenzheng shenyang shenzhen shouji sunmi suzhou taiyuan tianjin tupian tuya ulucu upnp wangxiaobao wuhan wuxi xiamen
xian xingbie xingming xiongmai xubuntu yezhu yitu youku youtube yunke yunnan zhaopian zhejiang zhengzhou zhuzhi
a access accesscontrol account act action active add admin agent ai alarm album alert alibaba aliyun all am amazonaws
analysis android any api app apple application april archive area array artemis ashx asp aspx asset attach attachment
audio august auth avatar avi back backend background backup bad badge baidu bank base batch bg big bill bin black blob
blur bmp body bool border box brand browser bucket buffer build bulk bus business button by bytes cache call cam camera
cap capture car card carrier case cdata cell center cert certificate cgi change channel chat check child chunk city
class clear client clip clock cloud cluster cn code codec collect color column com comment commit common community
company compare complete compress conf config confirm connect contact content context control convert cookie copy core
corridor cos count country cover create credit crop css csv ctrl current custom customer cut dahua daily dash dat data
database date day db debug december deepin default delete delivery demo department deploy desc desk detail detect dev
device devicecmd dic dingtalk dir disk display dist do doc doccgi document docx domain door down download draft draw
drive driver dump dynamic edge edit eight element email embed empty en encode end endpoint engine enroll entry env
error event evidence example exchange exit export ext external extra ezviz face facedatarecord facelib facerecognition
faces facial fail family far fast favicon fdata fdlib fdsearch feature february feed feishu field figure file files
filter final find finger fingerprint finish firmware first five flag flow folder font form format forum forward four
frame free fri front full func function gallery game garage gate gateway gb general get getrequest gif git global good
grant graph group guest guide gz handle hash head header heart heartbeat heic height hello help hidden high hik
hikvision history home hook host hot hour house htm html http https huawei hub iclock icon id idcard identify identity
idle image images img import in inbox index info infrared init inner input insert inside install instance int
intelligent interface internal invoice iot ip ir isapi item january java job join journal jpe jpeg jpg js json jsonl
jsp july june keep key keyframe ks3 label lan landing lang large last lat latest layer layout leaf left level lib
library license lift like line link list lite live load lobby local locale location lock log login logo long lookup
loop low mac machine mail main make man manage manager map march mark mask master match max may md media meet member
memo memory menu merge message meta method metrics middle min mind mini miniapp minio misc mobile mode model module mon
monitor month more motion move mp mp4 mq msg multi music name native nav near negotiation net network new news next
nine nir node normal note notice notification notify november null num number oauth object obs october off office old
on once one online onvif open operate option order org origin original os oss other out outbox outer output outside
over overlay owner package page pages pair panel param parse part pass passport patch path pay payload pdf people perf
period permission person persons phone photo photos php pic pick pics picture pictures pid ping pipe pixel place plain
plan plate platform play player plugin pm png point policy poll pool pop port portal portrait pos post ppt pre preview
price primary print private process product profile progress project proof property protocol proxy public publish pull
push put putsnap qiniu qq qr quality query queue quick quota random range rate raw read ready real realtime receipt
receive recent reception recognition record recorder rect recv redirect ref refresh region register registry relay
release remote remove render repo report request res reset resize resource response rest restore result retry return
review right role room root rotate route row rpc rule run s3 safe sale sales sample sandbox sat save scale scan scene
schedule scheme school score screen script sdk search second section secure security select self send sensor september
seq serial server service session set setting setup seven share shop short show showroom side sign signal signature
simple single site six size small smart smooth sn snap snapmanager snaps snapshot social socket soft software sort
sound source space spec speed stage standard start stat state static station stats status step still stock stop storage
store story stream string style sub submit subscribe success summary sun support survey svc sync sys system tab table
tag tar target task team temp template temporary ten tencent term terminal test tests text theme thing third thread
three thu thumb thumbnail ticket tif tiff tile time timeline tiny title tmp to today token tool top topic total tplink
trace track traffic transfer translate tree trigger trust try tue two txt type ui unit uniview unknown unlock up update
upgrade upload uploads url us usage use user userinfo users util utils v validate value vendor verify version video
videos view viid vip virtual vis visible visit visitor visitors voice volume wait wall wan warn watch watermark wave
web webhook webp wechat wed week weixin welcome white wide width wifi window wizard word work worker world write ws www
wx xiaomi xls xlsx xml yaml year zh zip zone
"""
ASCII_WORDS = frozenset(_ASCII.split())

_SURNAMES = """
ai an ao bai ban bao bi bian biao bie bing bo bu cai cao cen chai chang che chen cheng chi chu cong cui dai dang dao
deng di diao ding dong dongfang dou du duan duanmu fan fang fei feng fu gan gao ge geng gong gongsun gou gu guan gui
guo hai han hao he hong hou hu hua huang huangfu huo ji jia jian jiang jiao jin jing ju kang ke kong kou kuang lai lan
lang lao lei leng li lian liang liao lin ling linghu liu long lou lu lue luo lv ma mao mei meng mi miao min mo mou mu
murong nangong ni nie ning niu ou ouyang pan pang pei peng pu qi qian qiao qin qiu qu quan ren rong ruan sha shan
shang shangguan shao shen sheng shi shu sima situ song su sun tan tang tao teng tian tong tu wan wang wei wen weng wu
xia xiahou xiang xiao xie xin xing xiong xu xue xun yan yang yao ye yi yin ying you yu yuan yue yun yuwen zang zeng
zhai zhan zhang zhangsun zhao zheng zhong zhou zhu zhuang zhuge zou
"""
_INITIALS = "(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?"
_FINALS = (
    "(?:iang|iong|uang|ang|eng|ing|ong|ian|iao|uai|uan|ai|ei|ao|ou|an|en|in|un|ia|ie|iu|ua|uo|ui|ue|ve|er|a|o|e|i|u|v)"
)
_SYLLABLE = f"(?:{_INITIALS}{_FINALS})"
PINYIN = later(f"{_SYLLABLE}{{1,4}}", re.IGNORECASE)
_SURNAME = "|".join(sorted(_SURNAMES.split(), key=len, reverse=True))
PINYIN_NAME = later(
    rf"(?<![A-Za-z\\%*])(?:{_SURNAME})[._-]?{_SYLLABLE}(?:[._-]?{_SYLLABLE})?(?![A-Za-z*])", re.IGNORECASE
)
"""A family name and one or two syllables in Latin letters; many words look so, those of ASCII_WORDS among them."""
